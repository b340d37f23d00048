import { createRequire } from 'node:module';
import util from 'node:util';
import type * as tfjs from '@tensorflow/tfjs-node';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js';
import { permanent } from '../contracts/failures.ts';

export type Tensorflow = typeof tfjs;

export type Backend = 'gpu' | 'cpu' | 'wasm' | 'js';

export interface TensorflowRuntime {
  readonly tf: Tensorflow;
  /** Where the operations run. The GPU addon on a machine without a GPU counts as `cpu`. */
  readonly backend: Backend;
  /** Of the package. */
  readonly version: string;
}

const require = createRequire(import.meta.url);
/** What the native addon calls its backend, on CPU and GPU. */
const NATIVE = 'tensorflow';
let loaded: TensorflowRuntime | undefined;

/**
 * Loads TensorFlow's native addon: the GPU one, else the CPU one. One process holds one addon: later calls get the first one's.
 * @throws Error that says what to run when no addon that fits the preference can be loaded
 */
export function loadTensorflow(preference: 'auto' | 'gpu' | 'cpu'): TensorflowRuntime {
  loaded ??= load(preference);
  if (preference !== 'auto' && preference !== loaded.backend) {
    throw new Error(`TF_BACKEND is ${preference}, but this process has TensorFlow on ${loaded.backend}`);
  }
  return loaded;
}

/**
 * Loads TensorFlow where it runs best: the native addon on a GPU, on the CPU, then WebAssembly, then plain JavaScript. The last two lack what the addon
 * alone has (`tf.node`, `executeSingleOutput`), and a kind of model that needs it says so.
 * @throws Error where what was asked for cannot be had
 */
export async function openTensorflow(preference: 'auto' | Backend): Promise<TensorflowRuntime> {
  if (preference === 'gpu' || preference === 'cpu') return loadTensorflow(preference);
  if (preference !== 'auto') return loaded?.backend === preference ? loaded : (loaded = await loadPortable(preference));
  try {
    return loadTensorflow('auto');
  } catch {
    return (loaded ??= await loadPortable('wasm').catch(() => loadPortable('js')));
  }
}

/** @throws Error where this process has another backend already */
async function loadPortable(backend: 'wasm' | 'js'): Promise<TensorflowRuntime> {
  if (loaded) throw new Error(`TF_BACKEND is ${backend}, but this process has TensorFlow on ${loaded.backend}`);
  prepareProcess();
  const tf = require('@tensorflow/tfjs') as Tensorflow;
  if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm');
  if (!(await tf.setBackend(backend === 'wasm' ? 'wasm' : 'cpu'))) throw new Error(`TensorFlow has no backend ${backend} here`);
  return { tf, backend, version: tf.version['tfjs'] };
}

/**
 * Runs `compute` and frees every tensor it made. For results that are plain values: `tf.tidy` itself would walk through a returned
 * array number by number, looking for tensors to keep.
 */
export function valuesOf<Values>(tf: Tensorflow, compute: () => Values): Values {
  const result: { values?: Values } = {};
  tf.tidy(() => {
    result.values = compute();
  });
  return result.values!;
}

export const isNative = (tf: Tensorflow): boolean => tf.getBackend() === NATIVE;

/** WebAssembly multiplies a matrix that it is told to see transposed by a plain loop, which takes five to ten times as long as transposing it before. */
const transposesSlowly = (tf: Tensorflow): boolean => tf.getBackend() === 'wasm';

/** @returns aᵀ·b */
export const transposedTimes = (tf: Tensorflow, a: tfjs.Tensor2D, b: tfjs.Tensor2D): tfjs.Tensor2D =>
  transposesSlowly(tf) ? tf.tidy(() => tf.matMul(a.transpose(), b)) : tf.matMul(a, b, true);

/** @returns a·bᵀ */
export const timesTransposed = (tf: Tensorflow, a: tfjs.Tensor2D, b: tfjs.Tensor2D): tfjs.Tensor2D =>
  transposesSlowly(tf) ? tf.tidy(() => tf.matMul(a, b.transpose())) : tf.matMul(a, b, false, true);

// Operations that TensorFlow has and tfjs does not name (https://www.tensorflow.org/api_docs/cc/group/linalg-ops).

/** @throws Error where the matrix is not invertible */
export const invertMatrix = (tf: Tensorflow, matrix: tfjs.Tensor2D): tfjs.Tensor2D =>
  execute(tf, 'MatrixInverse', [matrix], { adjoint: false }) as tfjs.Tensor2D;

/**
 * Solves one symmetric positive definite system a row, by Cholesky.
 * @param matrices rows × n × n
 * @param right rows × n × 1
 * @returns rows × n × 1
 */
export const solveSystems = (tf: Tensorflow, matrices: tfjs.Tensor3D, right: tfjs.Tensor3D): tfjs.Tensor3D =>
  tf.tidy(() => {
    const lower = execute(tf, 'Cholesky', [matrices], {});
    const between = execute(tf, 'MatrixTriangularSolve', [lower, right], { lower: true, adjoint: false });
    return execute(tf, 'MatrixTriangularSolve', [lower, between], { lower: true, adjoint: true }) as tfjs.Tensor3D;
  });

/** @throws Failure `BackendUnsupported` where the backend lacks an operation that tfjs names */
export function requireKernel(tf: Tensorflow, operation: string): void {
  if (!tf.getKernel(operation, tf.getBackend())) throw unsupported(tf, operation);
}

const unsupported = (tf: Tensorflow, operation: string) =>
  permanent(
    'BackendUnsupported',
    `this kind of model needs ${operation}, which the backend ${tf.getBackend()} lacks; the native addon has it, and \`npm run setup\` installs that`,
  );

function execute(tf: Tensorflow, operation: string, inputs: tfjs.Tensor[], flags: Readonly<Record<string, boolean>>): tfjs.Tensor {
  if (!isNative(tf)) throw unsupported(tf, operation);
  const backend = tf.backend() as unknown as NodeJSKernelBackend;
  const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
  const attributes = Object.entries(flags).map(([name, value]) => ({ name, type: TF_ATTR_BOOL, value }));
  return backend.executeSingleOutput(operation, [...attributes, { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT }], inputs);
}

function load(preference: 'auto' | 'gpu' | 'cpu'): TensorflowRuntime {
  prepareProcess();
  const attempts = [
    // Literal calls, so that tools that look for unused packages see both.
    ...(preference === 'cpu' ? [] : [() => require('@tensorflow/tfjs-node-gpu') as Tensorflow]),
    ...(preference === 'gpu' ? [] : [() => require('@tensorflow/tfjs-node') as Tensorflow]),
  ];
  const reasons: string[] = [];
  for (const attempt of attempts) {
    try {
      return describe(attempt());
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
    }
  }
  throw new Error(
    `TensorFlow's native addon (TF_BACKEND=${preference}) cannot be loaded; run \`npm run setup\`. Tried: ${reasons.join('; ')}`,
  );
}

function describe(tf: Tensorflow): TensorflowRuntime {
  const native = tf.backend() as ReturnType<Tensorflow['backend']> & { isUsingGpuDevice?: boolean };
  if (tf.getBackend() !== NATIVE) throw new Error(`the addon registered the backend ${tf.getBackend()}, not the native one`);
  return { tf, backend: native.isUsingGpuDevice ? 'gpu' : 'cpu', version: tf.version['tfjs-node'] };
}

function prepareProcess(): void {
  // The native library reads these once, from the process's own environment, so they are set here and not in Config.
  // One thread an operation: our matrices are small, and results are then the same on every machine of one kind.
  // eslint-disable-next-line no-restricted-properties
  const environment = process.env;
  environment['TF_NUM_INTRAOP_THREADS'] ??= '1';
  environment['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // tfjs-node 4.22 calls two functions that Node 23 dropped.
  const dropped = util as unknown as Record<string, unknown>;
  dropped['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  dropped['isArray'] ??= Array.isArray;
}
