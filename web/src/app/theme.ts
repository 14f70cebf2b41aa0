/** Day and night theme: follows the device until somebody chooses. The choice is kept. */

const KEY = "sightline-theme";
export type Theme = "day" | "night";

class ThemeChoice {
  current: Theme;

  constructor() {
    const kept = localStorage.getItem(KEY);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    this.current = kept === "day" || kept === "night" ? kept : dark.matches ? "night" : "day";
    this.#apply();
    dark.addEventListener("change", () => {
      if (localStorage.getItem(KEY) !== null) return;
      this.current = dark.matches ? "night" : "day";
      this.#apply();
    });
  }

  toggle(): void {
    this.current = this.current === "night" ? "day" : "night";
    localStorage.setItem(KEY, this.current);
    this.#apply();
  }

  #apply(): void {
    document.documentElement.dataset["theme"] = this.current;
  }
}

export const theme = new ThemeChoice();
