(() => {
  "use strict";
  const root = document.documentElement;
  const buttons = [...document.querySelectorAll("[data-set]")];
  const show = (language) => {
    root.dataset.lang = language;
    root.lang = language === "en" ? "en" : "zh-CN";
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.set === language));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      show(button.dataset.set);
      history.replaceState(null, "", `#${button.dataset.set}`);
    });
  }
  const wanted = location.hash.slice(1);
  if (buttons.some((button) => button.dataset.set === wanted)) show(wanted);
  document.getElementById("print")?.addEventListener("click", () => window.print());
  const words = { in: "放大 / zoom in", out: "缩小 / zoom out" };
  for (const [name, title] of Object.entries(words)) {
    const button = document.querySelector(`.leaflet-control-zoom-${name}`);
    button?.setAttribute("title", title);
    button?.setAttribute("aria-label", title);
  }
})();
