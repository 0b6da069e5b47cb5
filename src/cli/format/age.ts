// Ages and countdowns in kubectl's short form: 5s, 2m10s, 3h, 4d.

/** How long before `nowMs` the RFC 3339 time was; "<unknown>" without one. */
export function ageOf(time: string | undefined, nowMs: number): string {
  const ms = time === undefined ? Number.NaN : nowMs - Date.parse(time);
  return Number.isNaN(ms) ? "<unknown>" : shortDuration(Math.max(0, ms));
}

/** The two largest units that matter: the steps of k8s.io/apimachinery duration.HumanDuration. */
export function shortDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return withRest(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return withRest(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return withRest(days, "d", hours % 24, "h");
  return days < 730 ? `${days}d` : withRest(Math.floor(days / 365), "y", days % 365, "d");
}

function withRest(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`;
}
