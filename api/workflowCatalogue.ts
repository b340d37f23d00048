import { z } from 'zod';
import type { DescribedWorkflow } from '../contracts/endpoints/workflows.ts';
import { missing } from '../contracts/failures.ts';
import { STARTABLE_WORKFLOWS, WORKFLOWS, type StartableWorkflow } from '../contracts/workflows.ts';
import { parse } from '../platform/http/validate.ts';

/** The workflows that a caller starts by name. */
export const listWorkflows = (): DescribedWorkflow[] =>
  STARTABLE_WORKFLOWS.map((name) => ({
    name,
    description: WORKFLOWS[name].description,
    input_schema: z.toJSONSchema(WORKFLOWS[name].input, { io: 'input' }),
  }));

/** @throws Failure `missing` that lists the names there are */
export function startableWorkflow(name: string): StartableWorkflow {
  const known = STARTABLE_WORKFLOWS.find((candidate) => candidate === name);
  if (!known) throw missing(`There is no workflow ${name} to start; there are ${STARTABLE_WORKFLOWS.join(', ')}`);
  return known;
}

export const workflowInputSchema = (workflow: StartableWorkflow): z.ZodType => WORKFLOWS[workflow].input;

/** @throws Failure `invalid` that names the field, such as `body.input.models.0.epochs` */
export const parseWorkflowInput = (workflow: StartableWorkflow, input: unknown): unknown =>
  parse(z.object({ input: WORKFLOWS[workflow].input }), { input }, 'body').input;
