// Whether a series of samples grows: least squares with an interval that allows for samples that resemble their neighbours
// (memory after one collection is like after the last; taking them for independent would make the interval too narrow).

export interface Slope {
  /** Per hour, of whatever the samples are in. */
  perHour: number;
  /** 95 %. */
  low: number;
  high: number;
  samples: number;
}

export interface Point {
  hours: number;
  value: number;
}

/** Undefined with fewer than ten points: nothing can be said. */
export function slopeOf(points: readonly Point[]): Slope | undefined {
  const n = points.length;
  if (n < 10) return undefined;
  const [x, y] = [mean(points.map(({ hours }) => hours)), mean(points.map(({ value }) => value))];
  const sxx = sum(points.map(({ hours }) => (hours - x) ** 2));
  const perHour = sum(points.map(({ hours, value }) => (hours - x) * (value - y))) / sxx;
  const residuals = points.map(({ hours, value }) => value - y - perHour * (hours - x));
  const squares = sum(residuals.map((each) => each ** 2));
  if (squares === 0) return { perHour, low: perHour, high: perHour, samples: n };
  const lagged = sum(residuals.slice(1).map((each, i) => each * residuals[i]!)) / squares;
  const likeNeighbours = Math.min(Math.max(lagged, 0), 0.9);
  // First-order autocorrelation: https://en.wikipedia.org/wiki/Effective_sample_size
  const freedom = Math.max(3, (n * (1 - likeNeighbours)) / (1 + likeNeighbours) - 2);
  const error = Math.sqrt(squares / freedom / sxx);
  const reach = studentT(freedom) * error;
  return { perHour, low: perHour - reach, high: perHour + reach, samples: n };
}

/** The 97.5 % quantile, by Cornish and Fisher's expansion around the normal one: within 1 % from three degrees on. */
function studentT(freedom: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
