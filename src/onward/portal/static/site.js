// What the pages can do beyond being read: times by the reader's clock, search, rows to sort and filter,
// framed documents at their full height, two releases side by side, and the ways through the graph. Everything is
// readable without it.
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
  var BARE = document.documentElement.classList.contains("bare");

  function moveTo(top) {
    if (BARE) { parent.postMessage({ onward: "scroll", value: top }, "*"); } else { window.scrollTo({ top: top - 16 }); }
  }

  function frames() {
    addEventListener("message", function (event) {
      var told = event.data;
      if (!told || typeof told !== "object") { return; }
      each("iframe[data-frame]", function (frame) {
        if (event.source !== frame.contentWindow) { return; }
        if (told.onward === "height" && isFinite(told.value) && told.value > 0) {
          frame.style.height = Math.min(Math.ceil(told.value), HIGHEST) + "px";
        } else if (told.onward === "scroll" && isFinite(told.value)) {
          moveTo(frame.getBoundingClientRect().top + window.scrollY + told.value);
        } else if (told.onward === "open" && /^https?:/i.test(told.value)) {
          // Never a page of this site itself: the document is not trusted with it. And only where somebody clicks.
          var clicked = !navigator.userActivation || navigator.userActivation.isActive;
          if (clicked && new URL(told.value).origin !== location.origin) {
            window.open(told.value, "_blank", "noopener");
          }
        }
      });
    });
    each("iframe[data-frame]", function (frame) { frame.contentWindow.postMessage({ onward: "tell" }, "*"); });
  }

  // --- two releases side by side ------------------------------------------------------------------

  function beside(form) {
    var choice = { asset: form.elements.asset, before: form.elements.before, after: form.elements.after };
    var buttons = [["[data-earlier]", -1], ["[data-later]", 1]];
    var verdict = document.querySelector("[data-verdict]");
    var heading = document.querySelector("[data-result]");
    var untitled = { heading: heading.textContent, page: document.title };
    var releases = []; // their numbers, oldest first
    each("option", function (option) {
      releases.unshift(Number(option.value));
      option.setAttribute("data-said", option.textContent);
    }, choice.before);
    each("option", function (option) { option.setAttribute("data-said", option.textContent); }, choice.after);

    function option(select) { return select.options[select.selectedIndex] || null; }
    function number(side) { return Number(choice[side].value); }
    function asset() { return choice.asset.value ? option(choice.asset) : null; }

    function states() {
      return (asset().getAttribute("data-states") || "").split(" ").filter(Boolean).map(function (told) {
        return { since: Number(told.split(":")[0]), content: Number(told.split(":")[1]) };
      });
    }
    function content(release) {
      return states().reduce(function (found, state) { return state.since <= release ? state.content : found; }, 0);
    }
    // What readers had when a release came: not one that was taken back.
    function previous(release) {
      return releases.slice(0, releases.indexOf(release)).filter(function (number) {
        return !choice.before.querySelector("option[value='" + number + "'][data-taken-back]");
      }).pop();
    }

    // The releases that changed it, and so can be shown beside the ones before them.
    function change(step) {
      var now = number("after");
      var isChange = function (release) {
        var before = previous(release);
        return before !== undefined && content(before) && content(release) && content(before) !== content(release);
      };
      var all = releases.filter(isChange);
      var shown = all.filter(function (release) { return release <= now; }).pop(); // what led to what is shown
      return step < 0
        ? all.filter(function (release) { return release < shown; }).pop()
        : all.filter(function (release) { return release > now; })[0];
    }

    function choose(select, value) {
      select.value = value;
      return select.selectedIndex >= 0;
    }

    // From the address; what it does not say is chosen for her, and what is not there is said.
    function read() {
      var asked = new URLSearchParams(location.search);
      var lacking = [];
      if (!choose(choice.asset, asked.get("asset") || "")) {
        lacking.push("What readers have now holds no result called " + asked.get("asset") + ".");
        choose(choice.asset, "");
      }
      var shown = form.getAttribute("data-shown");
      var fallback = {
        after: shown,
        before: asset() && asset().getAttribute("data-before") || String(previous(Number(shown)) || shown)
      };
      ["after", "before"].forEach(function (side) {
        var wanted = asked.get(side) || fallback[side];
        if (!choose(choice[side], wanted)) {
          lacking.push("There is no release " + wanted + ".");
          choose(choice[side], fallback[side]);
        }
      });
      // A page of the newest release leads here with itself alone.
      if (!asked.get("after") && number("before") === number("after")) { choose(choice.before, fallback.before); }
      draw(lacking);
    }

    function write() {
      var chosen = new URLSearchParams();
      ["asset", "before", "after"].forEach(function (name) {
        if (choice[name].value) { chosen.set(name, choice[name].value); }
      });
      var query = "?" + chosen.toString().replace(/%2F/g, "/");
      try { history.pushState(null, "", query); } catch (refused) { location.search = query; return; }
      draw([]);
    }

    function draw(lacking) {
      var chosen = asset();
      var title = chosen ? chosen.getAttribute("data-title") : "";
      var sides = "release " + number("before") + " beside release " + number("after");
      heading.textContent = chosen ? title : untitled.heading;
      document.title = chosen ? title + ": " + sides + " \u2013 " + untitled.page : untitled.page;
      verdict.replaceChildren.apply(verdict, lacking.concat(chosen ? said(chosen) : []).map(function (part) {
        return typeof part === "string" ? document.createTextNode(part + " ") : part;
      }));
      each("[data-side]", function (side) { show(side, chosen, title); });
      tellOptions(chosen);
      buttons.forEach(function (pair) {
        form.querySelector(pair[0]).disabled = !chosen || change(pair[1]) === undefined;
      });
    }

    function said(chosen) {
      var before = number("before");
      var after = number("after");
      var now = link("The result as it is now", "../" + chosen.getAttribute("data-page"));
      var lacking = [before, after].filter(function (release) { return !content(release); });
      if (lacking.length) {
        return ["Release " + lacking.join(" and release ") + (lacking.length > 1 ? " do" : " does") + " not hold it.", now];
      }
      if (before === after) { return ["This is the same release twice: choose another one.", now]; }
      if (content(before) === content(after)) { return ["It is the same in both.", now]; }
      var isTold = (chosen.getAttribute("data-told") || "").split(" ").indexOf(before + ":" + after) >= 0;
      var differs = isTold ? [link("What differs", chosen.getAttribute("data-told-at").replace("*", after))] : [];
      return ["It is not the same in both."].concat(differs, now);
    }

    function link(text, target) {
      var made = document.createElement("a");
      made.textContent = text;
      made.href = target;
      return made;
    }

    function show(side, chosen, title) {
      var name = side.getAttribute("data-side");
      var release = option(choice[name]);
      var state = side.querySelector("[data-state]");
      side.hidden = !chosen;
      if (!chosen || !release) { state.replaceChildren(); return; }
      var page = release.getAttribute("data-site") + "/" + chosen.getAttribute("data-page");
      var note = side.querySelector(".note");
      side.querySelector("h2").textContent = "Release " + release.value;
      note.textContent = release.getAttribute("data-day");
      if (release.getAttribute("data-note")) { note.append(" \u00b7 " + release.getAttribute("data-note")); }
      if (!content(Number(release.value))) {
        state.replaceChildren(absent(Number(release.value)));
        return;
      }
      note.append(" \u00b7 ", link("as a page of its own", page));
      if (state.firstChild && state.firstChild.getAttribute("src") === page) { return; }
      // A new frame each time: one that only went elsewhere would be a step of its own on the way back.
      var frame = document.createElement("iframe");
      frame.name = form.getAttribute("data-frame-name");
      frame.title = title + " in release " + release.value;
      frame.setAttribute("data-frame", "");
      frame.addEventListener("load", function () { lookInto(frame, state, release.value); });
      frame.setAttribute("src", page);
      state.replaceChildren(frame);
    }

    function banner(text) {
      var made = document.createElement("p");
      made.className = "banner";
      made.textContent = text;
      return made;
    }

    function absent(release) {
      var later = states().filter(function (state) { return state.content && state.since > release; })[0];
      var text = "Release " + release + " does not hold this result.";
      return banner(later ? text + " It came with release " + later.since + "." : text);
    }

    // Where the browser lets us see it: that a place lacks a release is better said than shown as an error.
    function lookInto(frame, state, release) {
      var inside = null;
      try { inside = frame.contentDocument; } catch (refused) { return; }
      if (inside && !inside.querySelector("meta[name='onward-release']") && frame.parentNode === state) {
        state.replaceChildren(banner("The pages of release " + release + " are not here."));
      }
    }

    function tellOptions(chosen) {
      var since = chosen ? states() : [];
      [choice.before, choice.after].forEach(function (select) {
        each("option", function (option) {
          var release = Number(option.value);
          var starts = since.some(function (state) { return state.since === release; });
          var first = since.length > 0 && since[0].since === release;
          var mark = !chosen ? "" : !content(release) ? " (does not hold it)" : first ? " (new)" : starts ? " (changed)" : "";
          option.textContent = option.getAttribute("data-said") + mark;
        }, select);
      });
    }

    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("change", write);
    buttons.forEach(function (pair) {
      form.querySelector(pair[0]).addEventListener("click", function () {
        var to = change(pair[1]);
        if (to === undefined) { return; }
        choose(choice.before, previous(to));
        choose(choice.after, to);
        write();
      });
    });
    addEventListener("popstate", read);
    read();
  }

  // A page in such a frame: as high as it is, so that both scroll together, and its links lead out of the frame.
  function bare() {
    var told = 0;
    function tell() {
      var height = Math.ceil(document.body.getBoundingClientRect().height);
      if (height !== told) { parent.postMessage({ onward: "height", value: height }, "*"); }
      told = height;
    }
    document.addEventListener("click", function (event) {
      var followed = event.target.closest ? event.target.closest("a[href]") : null;
      if (!followed || followed.hasAttribute("download")) { return; }
      if (followed.getAttribute("href").charAt(0) !== "#") { followed.target = "_top"; return; }
      var aim = document.getElementById(decodeURIComponent(followed.hash.slice(1)));
      if (aim) { event.preventDefault(); moveTo(aim.getBoundingClientRect().top + window.scrollY); }
    });
    new ResizeObserver(tell).observe(document.body);
    tell();
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
  each("[data-chooser]", beside);
  if (BARE) { bare(); }
  each("svg.graph", lightUp);
  printWhole();
})();
