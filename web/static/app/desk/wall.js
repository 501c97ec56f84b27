// The wall: a clock in the workspace's time; one figure after the other stands out.

const TURN_S = 10;

export function wall() {
  const place = /** @type {HTMLElement | null} */ (document.querySelector("[data-clock]"));
  if (!place) return;
  const clock = new Intl.DateTimeFormat("zh-CN", {
    timeZone: document.documentElement.dataset.zone || undefined,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const tick = () => {
    place.textContent = clock.format(new Date());
    const figures = document.querySelectorAll(".wall-figure");
    const turn = Math.floor(Date.now() / 1000 / TURN_S) % Math.max(1, figures.length);
    figures.forEach((figure, n) => figure.classList.toggle("now", n === turn));
  };
  tick();
  setInterval(tick, 1000);
}
