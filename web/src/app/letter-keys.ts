/** Whether single letters and digits are shortcuts (WCAG 2.1.4: they can be switched off, for those who dictate or slip);
 *  the choice is kept on this device. */

const KEY = "sightline-letter-keys";

export const letterKeys = {
  get on(): boolean {
    return localStorage.getItem(KEY) !== "off";
  },
  toggle(): void {
    localStorage.setItem(KEY, this.on ? "off" : "on");
  },
};
