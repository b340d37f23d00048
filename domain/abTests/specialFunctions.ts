const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
/** From here on the series below is exact to the last digits of a float. */
const SERIES_FROM = 10;
/** B(2j) / (2j (2j - 1)): the coefficients of Stirling's series (DLMF 5.11.1). */
const SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];

/** What Stirling's formula, (z - 1/2) ln z - z + ln(2π) / 2, leaves of ln Γ(z) (Binet's function); z > 0. */
export function stirlingRemainder(z: number): number {
  if (z < SERIES_FROM) return stirlingRemainder(z + 1) + (z + 0.5) * Math.log1p(1 / z) - 1;
  return SERIES.reduceRight((sum, coefficient) => sum / (z * z) + coefficient, 0) / z;
}

const logGamma = (z: number): number => (z - 0.5) * Math.log(z) - z + HALF_LOG_TWO_PI + stirlingRemainder(z);

/** The probability that a chi-squared variable is at least `x`. */
export const chiSquaredTail = (x: number, degreesOfFreedom: number): number => upperGamma(degreesOfFreedom / 2, x / 2);

/** Q(a, x), the upper incomplete gamma function over Γ(a); a > 0, x ≥ 0. */
function upperGamma(a: number, x: number): number {
  if (x === 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - logGamma(a));
  return x < a + 1 ? 1 - front * lowerSeries(a, x) : front * upperFraction(a, x);
}

/** The series of the lower half, where x < a + 1 (DLMF 8.11.4). */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * Number.EPSILON; n += 1) sum += term *= x / (a + n);
  return sum;
}

/** The continued fraction of the upper half, where x ≥ a + 1 (DLMF 8.9.2), by the method of Lentz 1976. */
function upperFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let d = 1 / b;
  let c = Infinity;
  let product = d;
  for (let n = 1, step = 0; Math.abs(step - 1) > 2 * Number.EPSILON; n += 1) {
    const numerator = n * (a - n);
    b += 2;
    c = b + numerator / c;
    d = 1 / (b + numerator * d);
    step = c * d;
    product *= step;
  }
  return product;
}
