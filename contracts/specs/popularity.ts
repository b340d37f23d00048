import { z } from 'zod';
import { BY_RANKING, kindSpec } from './modelSpec.ts';

export default kindSpec(z.strictObject({ kind: z.literal('popularity') }), BY_RANKING, {});
