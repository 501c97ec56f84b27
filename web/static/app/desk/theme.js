// Light or dark by the switch; kept for a year.

const YEAR_S = 31_536_000;

export function theme() {
  const root = document.documentElement;
  document.getElementById("theme")?.addEventListener("click", () => {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=${YEAR_S}; SameSite=Lax`;
  });
}
