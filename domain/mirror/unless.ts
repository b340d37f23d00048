import { ServerRefused } from '../../platform/mlflowServer.ts';

/** @returns the answer; undefined where the server refused with this code, as something was there already, or is not there any more */
export async function unless<T>(code: 'RESOURCE_DOES_NOT_EXIST' | 'RESOURCE_ALREADY_EXISTS', asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ServerRefused && error.code === code) return undefined;
    throw error;
  }
}
