/** Turns shortcuts by single letters and digits on or off, for people who dictate or slip (WCAG 2.1.4). The choice is
 *  kept on this device. */

const KEY = "sightline-letter-keys";

export const letterKeys = {
  get on(): boolean {
    return localStorage.getItem(KEY) !== "off";
  },
  toggle(): void {
    localStorage.setItem(KEY, this.on ? "off" : "on");
  },
};
