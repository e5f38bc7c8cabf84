// What the pages can do beyond being read: times by the reader's clock, search, rows to sort and filter,
// framed documents at their full height, and the ways through the graph. Everything is readable without it.
(function () {
  "use strict";

  var MINUS = "\u2212";

  function each(selector, act, root) {
    Array.prototype.forEach.call((root || document).querySelectorAll(selector), act);
  }

  function folded(text) {
    return text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[_\-\/]+/g, " ");
  }

  // --- times ---------------------------------------------------------------------------------------

  function ago(seconds) {
    if (seconds < 45) { return "just now"; }
    var units = [["minute", 60, 60], ["hour", 3600, 24], ["day", 86400, 60]];
    for (var i = 0; i < units.length; i += 1) {
      var count = Math.max(1, Math.round(seconds / units[i][1]));
      if (count < units[i][2]) {
        if (units[i][0] === "day" && count === 1) { return "yesterday"; }
        return count + " " + units[i][0] + (count === 1 ? "" : "s") + " ago";
      }
    }
    return null;
  }

  function tellTimes() {
    each("time[data-ago]", function (time) {
      var seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
      var said = seconds > -60 ? ago(seconds) : null;
      if (!time.title) { time.title = time.textContent; }
      time.textContent = said || time.title;
    });
  }

  // --- search --------------------------------------------------------------------------------------

  function search() {
    var box = document.querySelector("[data-search-box]");
    if (!box) { return; }
    var said = document.querySelector("[data-search-count]");
    var items = [];
    each("[data-search]", function (item) {
      items.push({ item: item, text: folded(item.getAttribute("data-search")) });
    });
    function rank(entry, words) {
      // What is called so comes before what only speaks of it.
      var name = folded(entry.item.textContent);
      return words.every(function (word) { return name.indexOf(word) >= 0; }) ? 0 : 1;
    }
    function order(shown, words) {
      shown.map(function (entry, place) { return { entry: entry, rank: words.length ? rank(entry, words) : 0, place: place }; })
        .sort(function (a, b) { return a.rank - b.rank || a.place - b.place; })
        .forEach(function (ranked) { ranked.entry.item.parentNode.appendChild(ranked.entry.item); });
    }
    function apply() {
      var words = folded(box.value).split(/\s+/).filter(Boolean);
      var found = items.filter(function (entry) {
        var fits = words.every(function (word) { return entry.text.indexOf(word) >= 0; });
        entry.item.hidden = !fits;
        return fits && entry.item.tagName === "TR";
      });
      order(found, words);
      var rows = found.length;
      document.documentElement.classList.toggle("searching", words.length > 0);
      said.textContent = words.length ? rows + (rows === 1 ? " result" : " results") : "";
    }
    box.addEventListener("input", apply);
    box.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") { return; }
      var first = document.querySelector("tr[data-search]:not([hidden]) a");
      if (first && box.value.trim()) { location.href = first.href; }
    });
    document.addEventListener("keydown", function (event) {
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !typing) { event.preventDefault(); box.focus(); }
    });
    apply();
  }

  // --- rows ----------------------------------------------------------------------------------------

  function cellText(value, column) {
    if (value === null) { return "\u2013"; }
    if (typeof value !== "number") { return String(value); }
    if (column.decimals === null) { return String(value).replace(/^-/, MINUS); }
    return value.toLocaleString("en-US", {
      minimumFractionDigits: column.decimals,
      maximumFractionDigits: column.decimals,
      useGrouping: column.grouped
    }).replace(/^-/, MINUS);
  }

  function counted(count) { return count.toLocaleString("en-US"); }

  function browse(root) {
    var embedded = root.querySelector("[data-rows]");
    if (!embedded) { return; }
    var data = JSON.parse(embedded.textContent);
    var body = root.querySelector("tbody");
    var filter = root.querySelector("[data-filter]");
    var said = root.querySelector("[data-row-count]");
    var previous = root.querySelector("[data-previous]");
    var next = root.querySelector("[data-next]");
    var texts = null;
    var order = data.rows.map(function (_, index) { return index; });
    var found = order;
    var sorted = { column: -1, down: false };
    var page = 0;

    function searchable() {
      // Made when it is first needed: most readers never filter.
      texts = texts || data.rows.map(function (row) {
        return row.map(function (value, i) {
          return value === null ? "" : String(value) + " " + cellText(value, data.columns[i]);
        }).join("\n").toLowerCase();
      });
      return texts;
    }

    function compare(a, b) {
      var column = sorted.column;
      var x = data.rows[a][column];
      var y = data.rows[b][column];
      if (x === null || y === null) { return (x === null) - (y === null) || a - b; } // missing ones stay last
      var result;
      if (data.columns[column].numeric) { result = Number(x) - Number(y); }
      else { x = String(x); y = String(y); result = x < y ? -1 : x > y ? 1 : 0; }
      return (sorted.down ? -result : result) || a - b;
    }

    function draw() {
      var first = page * data.page;
      var shown = found.slice(first, first + data.page);
      var rows = document.createDocumentFragment();
      shown.forEach(function (index) {
        var row = document.createElement("tr");
        data.rows[index].forEach(function (value, i) {
          var cell = document.createElement("td");
          cell.textContent = cellText(value, data.columns[i]);
          cell.className = (value === null ? "missing" : "") + (data.columns[i].numeric ? " number" : "") +
            (data.columns[i].short ? " short" : "");
          row.appendChild(cell);
        });
        rows.appendChild(row);
      });
      body.replaceChildren(rows);
      var range = shown.length ? counted(first + 1) + "\u2013" + counted(first + shown.length) + " of " : "";
      said.textContent = range + counted(found.length) + (found.length === 1 ? " row" : " rows") +
        (found.length === data.rows.length ? "" : " that fit") + data.among;
      if (previous) {
        previous.disabled = page === 0;
        next.disabled = first + data.page >= found.length;
      }
    }

    function choose() {
      var words = filter.value.toLowerCase().trim();
      found = words
        ? order.filter(function (index) { return searchable()[index].indexOf(words) >= 0; })
        : order.slice();
      if (sorted.column >= 0) { found.sort(compare); }
      page = 0;
      draw();
    }

    each("thead th", function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.textContent = head.textContent;
      head.replaceChildren(button); // the same size as what stood there, so nothing moves
      button.addEventListener("click", function () {
        sorted = { column: column, down: sorted.column === column && !sorted.down };
        each("thead th", function (other) { other.removeAttribute("aria-sort"); }, root);
        head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
        choose();
      });
    }, root);
    filter.addEventListener("input", choose);
    if (previous) {
      previous.addEventListener("click", function () { page -= 1; draw(); });
      next.addEventListener("click", function () { page += 1; draw(); });
    }
    draw();
  }

  // --- framed documents ----------------------------------------------------------------------------

  var HIGHEST = 200000;

  function frames() {
    addEventListener("message", function (event) {
      var told = event.data;
      if (!told || typeof told !== "object") { return; }
      each("iframe[data-frame]", function (frame) {
        if (event.source !== frame.contentWindow) { return; }
        if (told.onward === "height" && isFinite(told.value) && told.value > 0) {
          frame.style.height = Math.min(Math.ceil(told.value), HIGHEST) + "px";
        } else if (told.onward === "scroll" && isFinite(told.value)) {
          window.scrollTo({ top: frame.getBoundingClientRect().top + window.scrollY + told.value - 16 });
        } else if (told.onward === "open" && /^https?:/i.test(told.value)) {
          // Never a page of this site itself: the document is not trusted with it. And only where somebody clicks.
          var clicked = !navigator.userActivation || navigator.userActivation.isActive;
          if (clicked && new URL(told.value).origin !== location.origin) {
            window.open(told.value, "_blank", "noopener");
          }
        }
      });
    });
  }

  // --- the graph -----------------------------------------------------------------------------------

  function lightUp(graph) {
    var edges = [];
    var nodes = {};
    each("[data-from]", function (edge) {
      edges.push({ element: edge, from: edge.getAttribute("data-from"), to: edge.getAttribute("data-to") });
    }, graph);
    each("[data-node]", function (node) { nodes[node.getAttribute("data-node")] = node; }, graph);

    function reach(start, near, far) {
      var reached = {};
      var waiting = [start];
      reached[start] = true;
      while (waiting.length) {
        var here = waiting.pop();
        edges.forEach(function (edge) {
          if (edge[near] !== here) { return; }
          edge.element.classList.add("lit");
          if (!reached[edge[far]]) { reached[edge[far]] = true; waiting.push(edge[far]); }
        });
      }
      return Object.keys(reached);
    }
    function off() {
      graph.classList.remove("lighting");
      each(".lit", function (lit) { lit.classList.remove("lit"); }, graph);
    }
    function on(event) {
      off();
      var number = event.currentTarget.getAttribute("data-node");
      graph.classList.add("lighting");
      reach(number, "from", "to").concat(reach(number, "to", "from")).forEach(function (reached) {
        nodes[reached].classList.add("lit");
      });
    }
    // Begin where the first column is, which may lie far below the top.
    var first = graph.querySelector("[data-node]");
    each("[data-node]", function (node) {
      if (node.getBoundingClientRect().left < first.getBoundingClientRect().left) { first = node; }
    }, graph);
    if (first) {
      var frame = graph.parentNode;
      frame.scrollTop = first.getBoundingClientRect().top - frame.getBoundingClientRect().top - frame.clientHeight / 2;
    }
    Object.keys(nodes).forEach(function (number) {
      ["mouseenter", "focus"].forEach(function (kind) { nodes[number].addEventListener(kind, on); });
      ["mouseleave", "blur"].forEach(function (kind) { nodes[number].addEventListener(kind, off); });
    });
  }

  function printWhole() {
    addEventListener("beforeprint", function () {
      each("time[data-ago]", function (time) { if (time.title) { time.textContent = time.title; } });
    });
    addEventListener("afterprint", tellTimes);
  }

  frames(); // before anything else: a frame may speak while the page is still being read
  tellTimes();
  setInterval(tellTimes, 60000);
  search();
  each("[data-table]", browse);
  each("svg.graph", lightUp);
  printWhole();
})();
