// Runs inside a framed document, at its end: tells the page around it how high the document is, and asks
// it to follow links, since the frame itself may neither scroll that page nor open another.
(function () {
  "use strict";
  var told = 0;
  // A document that is higher than its window, whatever the window, would grow with it for ever. It is known
  // by growing again and again right after its window did; then it stays as high as it was before.
  var before = 0;
  var chased = 0;
  var resizedAt = -Infinity;
  var width = window.innerWidth;
  function tell() {
    var body = document.body;
    if (!body) { return; }
    var box = body.getBoundingClientRect();
    var style = getComputedStyle(body);
    var bottom = box.bottom + window.scrollY + parseFloat(style.marginBottom || "0");
    var height = Math.ceil(Math.max(bottom, body.scrollHeight === body.clientHeight ? 0 : body.scrollHeight));
    if (Math.abs(height - told) < 2) { return; }
    if (height > told && told) {
      if (performance.now() - resizedAt > 250) { chased = 0; }
      if (chased === 0) { before = told; }
      chased += 1;
      if (chased > 4) { return; }
      if (chased === 4) { height = before; }
    }
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
  addEventListener("message", function (event) {
    // The page listens only when it is whole, and this document may have been whole before it.
    if (event.source === parent && event.data && event.data.onward === "tell") { told = 0; tell(); }
  });
  addEventListener("load", function () { chased = 0; tell(); });
  addEventListener("resize", function () {
    if (window.innerWidth === width) { resizedAt = performance.now(); }
    width = window.innerWidth;
    tell();
  });
  if (window.ResizeObserver && document.body) { new ResizeObserver(tell).observe(document.body); }
  tell();
})();
