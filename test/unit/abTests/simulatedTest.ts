import type { MeanSums, RatioSums } from '../../../domain/abTests/estimates.ts';
import type { Random } from '../../../domain/recommender/numeric/random.ts';

const DAYS = 28;

export interface TestDesign {
  readonly newUsersADay: number;
  /** Of the treatment; the rest is control. */
  readonly share: number;
  /** A user's outcome, where so large a share of the users has less. */
  readonly outcome: (quantile: number, treated: boolean) => number;
}

/** The sums of control and treatment after each day of a test whose users come once. One draw tells a user's variant and outcome. */
export function* daysOf({ newUsersADay, share, outcome }: TestDesign, random: Random): Generator<[control: MeanSums, treatment: MeanSums]> {
  const [control, treatment] = [0, 1].map(() => ({ users: 0, sum: 0, sumOfSquares: 0 })) as [MutableMeanSums, MutableMeanSums];
  for (let day = 0; day < DAYS; day += 1) {
    for (let user = 0; user < newUsersADay; user += 1) {
      const draw = random.next();
      const treated = draw < share;
      const value = outcome(treated ? draw / share : (draw - share) / (1 - share), treated);
      const own = treated ? treatment : control;
      own.users += 1;
      own.sum += value;
      own.sumOfSquares += value * value;
    }
    yield [{ ...control }, { ...treatment }];
  }
}
type MutableMeanSums = { -readonly [Name in keyof MeanSums]: MeanSums[Name] };

/** Movies that a visit shows. */
const VISIT = 3;

/**
 * The sums of clicks over impressions after each day of a test in halves, of users who come back for visits, and who differ in how often they do and how
 * readily they click on one of its movies. One draw tells whether a user comes and clicks.
 */
export function* returningDaysOf(newUsersADay: number, random: Random): Generator<[control: RatioSums, treatment: RatioSums]> {
  const variants = [0, 1].map(() => ({
    users: 0,
    numerators: 0,
    denominators: 0,
    numeratorSquares: 0,
    denominatorSquares: 0,
    products: 0,
  }));
  const users: { readonly variant: number; readonly comes: number; readonly clicks: number; seen: number; clicked: number }[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    for (let user = 0; user < newUsersADay; user += 1) {
      const variant = random.below(2);
      variants[variant]!.users += 1;
      users.push({ variant, comes: random.next() ** 3, clicks: random.next() ** 3, seen: 0, clicked: 0 });
    }
    for (const user of users) {
      const draw = random.next();
      if (draw >= user.comes) continue;
      const sums = variants[user.variant]!;
      const clicks = draw < user.comes * user.clicks ? 1 : 0;
      sums.numerators += clicks;
      sums.denominators += VISIT;
      sums.numeratorSquares += clicks * (2 * user.clicked + 1);
      sums.denominatorSquares += VISIT * (2 * user.seen + VISIT);
      sums.products += clicks * user.seen + VISIT * user.clicked + VISIT * clicks;
      user.seen += VISIT;
      user.clicked += clicks;
    }
    yield [{ ...variants[0]! }, { ...variants[1]! }];
  }
}
