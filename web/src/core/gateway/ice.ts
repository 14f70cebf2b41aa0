/** ICE in WHEP beyond offer and answer: servers for NAT, and ICE restarts (RFC 9725 4.6, RFC 8840). */

export const FRAGMENT = "application/trickle-ice-sdpfrag";

/** Return the STUN and TURN servers of a `Link` header (RFC 8288), in the same order. */
export function iceServers(link: string | null): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, url = "", rest = ""] of (link ?? "").matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)) {
    const said = new Map<string, string>();
    for (const [, name = "", value = ""] of rest.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g))
      said.set(name, value.replace(/\\(.)/g, "$1"));
    if (said.get("rel") !== "ice-server") continue;
    const username = said.get("username");
    const credential = said.get("credential");
    servers.push(username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential });
  }
  return servers;
}

/** Return the part of an ICE restart's offer that the gateway needs: the new credentials of its first media section. */
export function fragmentOf(offer: string): string {
  const lines = offer.split(/\r?\n/);
  const media = lines.findIndex((line) => line.startsWith("m="));
  const next = lines.findIndex((line, place) => place > media && line.startsWith("m="));
  const section = lines.slice(media, next < 0 ? undefined : next);
  const common = lines.slice(0, media).filter((line) => /^a=(group|ice-options):/.test(line));
  const said = section.filter((line) => /^(m=|a=(mid|ice-ufrag|ice-pwd|ice-options):)/.test(line));
  return [...common, ...said, ""].join("\r\n");
}

/** Return the previous answer with the gateway's new credentials and candidates. */
export function withNewCredentials(answer: string, fragment: string): string {
  const fresh = fragment.split(/\r?\n/).filter((line) => /^a=(ice-ufrag|ice-pwd|candidate):/.test(line));
  const kept: string[] = [];
  let told = false;
  for (const line of answer.split(/\r?\n/)) {
    if (/^a=(ice-ufrag|ice-pwd|candidate):/.test(line)) {
      if (!told) kept.push(...fresh);
      told = true;
    } else {
      kept.push(line);
    }
  }
  return kept.join("\r\n");
}
