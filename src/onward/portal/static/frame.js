// Runs inside a framed document, at its end: tells the page around it how high the document is, and asks
// it to follow links, since the frame itself may neither scroll that page nor open another.
(function () {
  "use strict";
  var told = 0;
  var growths = 0;
  function tell() {
    var body = document.body;
    if (!body) { return; }
    var box = body.getBoundingClientRect();
    var style = getComputedStyle(body);
    var bottom = box.bottom + window.scrollY + parseFloat(style.marginBottom || "0");
    var height = Math.ceil(Math.max(bottom, body.scrollHeight === body.clientHeight ? 0 : body.scrollHeight));
    // A document as high as its window would grow with it for ever.
    if (height > told && growths > 40) { return; }
    if (height > told) { growths += 1; }
    if (Math.abs(height - told) < 2) { return; }
    told = height;
    parent.postMessage({ onward: "height", value: height }, "*");
  }
  function follow(event) {
    var link = event.target.closest ? event.target.closest("a[href]") : null;
    if (!link || event.defaultPrevented) { return; }
    var href = link.getAttribute("href");
    if (href.charAt(0) === "#") {
      event.preventDefault();
      var name = decodeURIComponent(href.slice(1));
      var aim = name ? document.getElementById(name) || document.getElementsByName(name)[0] : document.body;
      if (aim) {
        parent.postMessage({ onward: "scroll", value: aim.getBoundingClientRect().top + window.scrollY }, "*");
      }
    } else if (/^https?:/i.test(href)) {
      event.preventDefault();
      parent.postMessage({ onward: "open", value: href }, "*");
    }
  }
  document.addEventListener("click", follow);
  addEventListener("load", tell);
  addEventListener("resize", tell);
  if (window.ResizeObserver && document.body) { new ResizeObserver(tell).observe(document.body); }
  tell();
})();
