/** Puts a record's details into words, with times at the record's own offset from UTC. Pure. */

const OFFSET = /(Z|[+-]\d\d:\d\d)$/;

/** Write wall seconds as `2026-03-01 09:30:12.04+01:00`, at the offset at the end of `like` (an ISO time). */
export function timeLike(at: number, like: string): string {
  const offset = OFFSET.exec(like)?.[1] ?? "Z";
  const cents = Math.floor(at * 100 + 1e-4);
  const local = new Date(cents * 10 + minutesOf(offset) * 60_000).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 22)}${offset === "Z" ? "+00:00" : offset}`;
}

function minutesOf(offset: string): number {
  if (offset === "Z") return 0;
  const [hours = "0", minutes = "0"] = offset.slice(1).split(":");
  return (offset.startsWith("-") ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** Return a detail's value in words. Keys that end in `_at` are wall seconds (docs/protocol.md). */
export function spoken(key: string, value: unknown, time: string): string {
  if (key.endsWith("_at") && typeof value === "number") return timeLike(value, time);
  // A person without schools may see the whole district.
  if (Array.isArray(value) && value.length === 0) return key === "sites" ? "all" : "none";
  if (Array.isArray(value)) return value.map((one) => spoken(key, one, time)).join(", ");
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([name, one]) => `${name.replaceAll("_", " ")} ${spoken(name, one, time)}`)
      .join(", ");
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
