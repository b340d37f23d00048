import { z } from 'zod';
import type { EndpointDescription } from './endpoint.ts';

const workflowSchema = z.object({
  name: z.string(),
  description: z.string(),
  input_schema: z.record(z.string(), z.unknown()).describe('JSON Schema (2020-12) of the input'),
});
export type DescribedWorkflow = z.infer<typeof workflowSchema>;

/** The workflows that a caller starts by name. */
export const workflows = {
  list: {
    method: 'get',
    path: '/api/v1/workflows',
    tag: 'runs',
    role: 'viewer',
    summary: 'Workflows that can be started, with the schema of their input',
    answer: z.object({ workflows: z.array(workflowSchema) }),
  },
} as const satisfies Record<string, EndpointDescription>;
