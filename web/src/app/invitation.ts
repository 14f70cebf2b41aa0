/** The code of a sign-in link. It leaves the address as soon as it is read, and is kept in this page's memory only. */

const INVITATION = /^#invite=(.+)$/;
/** Kept with the entry of the history, so that a reload can say what has become of the code. */
const WAS_READ = { invitation: "read" };

class Invitation extends EventTarget {
  code: string | null = null;
  /** The page was loaded again after it had read a code, which is gone. */
  lost = (history.state as typeof WAS_READ | null)?.invitation === WAS_READ.invitation;

  constructor() {
    super();
    this.#read();
    addEventListener("hashchange", () => this.#read());
  }

  /** It is used, refused or not wanted. */
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
