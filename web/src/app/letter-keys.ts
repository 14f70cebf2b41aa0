/** Turns single-letter and single-digit shortcuts on or off, for people who use speech input or hit keys by accident
 *  (WCAG 2.1.4). The choice is kept on this device. */

const KEY = "sightline-letter-keys";

export const letterKeys = {
  get on(): boolean {
    return localStorage.getItem(KEY) !== "off";
  },
  toggle(): void {
    localStorage.setItem(KEY, this.on ? "off" : "on");
  },
};
