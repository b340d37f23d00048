import { describe, expect, test } from '@jest/globals';
import { chiSquaredTail, stirlingRemainder } from '../../../domain/abTests/specialFunctions.ts';

const near = (got: number, wanted: number) => expect(Math.abs(got / wanted - 1)).toBeLessThan(1e-13);

/** Computed with 30 digits. */
describe('the reference figures are met to 13 digits', () => {
  test.each([
    [1e-9, 1, 0.999974768674784],
    [0.1, 1, 0.75182963404584928],
    [3.841458820694124, 1, 0.05],
    [5, 2, 0.082084998623898795],
    [1, 3, 0.8012519569012008],
    [30, 3, 1.3800570312932547e-6],
    [100, 7, 1.0787979671702883e-18],
    [7, 7, 0.42887985755305472],
  ])('by the chi-squared tail of %p with %p degrees of freedom', (x, degrees, wanted) => near(chiSquaredTail(x, degrees), wanted));

  test('by the chi-squared tail at its ends', () => expect([chiSquaredTail(0, 1), chiSquaredTail(4000, 1)]).toEqual([1, 0]));

  test.each([
    [0.001, 2.5422704679670945],
    [0.5, 0.15342640972002735],
    [3, 0.027677925684998339],
    [10, 0.0083305634333628713],
    [1e6, 8.3333333333330556e-8],
  ])('by what Stirling’s formula leaves of ln Γ(%p)', (z, wanted) => near(stirlingRemainder(z), wanted));
});
