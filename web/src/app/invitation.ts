/** The code of a sign-in link. It is removed from the address at once and kept only in this page's memory. */

const INVITATION = /^#invite=(.+)$/;
/** Kept in the browser's history entry, so that a reloaded page can say why the code is gone. */
const WAS_READ = { invitation: "read" };

class Invitation extends EventTarget {
  code: string | null = null;
  /** True if the page was reloaded after it had read a code, which is now gone. */
  lost = (history.state as typeof WAS_READ | null)?.invitation === WAS_READ.invitation;

  constructor() {
    super();
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  /** Forget the code, because it was used, refused or not wanted. */
  forget(): void {
    this.code = null;
    this.lost = false;
    history.replaceState(null, "", location.pathname);
    this.dispatchEvent(new Event("change"));
  }

  #read(): void {
    const found = INVITATION.exec(location.hash)?.[1];
    if (found === undefined) return;
    this.code = decoded(found);
    this.lost = false;
    history.replaceState(WAS_READ, "", location.pathname + location.search);
    this.dispatchEvent(new Event("change"));
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a mangled link: the gateway says so
  }
}

export const invitation = new Invitation();
