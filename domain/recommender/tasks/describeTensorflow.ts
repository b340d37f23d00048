import type { TaskContext } from './context.ts';

/** Where TensorFlow runs, and of what version. */
export async function describeTensorflow({ tensorflow }: TaskContext, _input: null): Promise<{ backend: string; version: string }> {
  const { backend, version } = await tensorflow();
  return { backend, version };
}
