import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-node';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js';
import protobuf from 'protobufjs';
import { isNative, valuesOf, type Tensorflow } from './tensorflow.ts';

/** A computation over tensors of fixed shapes. */
export interface Compiled {
  /** @param inputs of the shapes of the examples. @returns what it gives, the caller's to free */
  run(...inputs: Tensor[]): Tensor;
  dispose(): void;
}

/**
 * What `tf.function` is in Python: runs a computation once, notes its operations, and makes them a graph that TensorFlow makes faster (a product, its bias
 * and its ReLU become one pass, what depends on no input is worked out once) and runs in one call. Backends but the native addon run the operations one
 * after the other. Whatever else `compute` uses is taken as it is now.
 * @param compute makes one tensor of its inputs by operations alone: no value of theirs may be looked at
 */
export function compile(tf: Tensorflow, compute: (...inputs: Tensor[]) => Tensor, examples: readonly Tensor[]): Compiled {
  if (!isNative(tf)) return { run: (...inputs) => tf.tidy(() => compute(...inputs)), dispose: () => undefined };
  const backend = tf.backend() as unknown as NodeJSKernelBackend;
  const { graph, output } = valuesOf(tf, () => trace(backend, compute, examples));
  const session = openSession(backend, graph, inputsOf(examples), output);
  const inputs = examples.map((_, at) => ({ name: `${inputName(at)}:0` }));
  return {
    run: (...given) => backend.runSavedModel(session, given, inputs as never, [output])[0]!,
    dispose: () => backend.deleteSavedModel(session),
  };
}

interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: string | number | boolean | object;
}
interface Node {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, object>>;
}

const inputName = (at: number) => `input_${at}`;

/** The operations that `compute` has the backend do, as a graph. */
function trace(backend: NodeJSKernelBackend, compute: (...inputs: Tensor[]) => Tensor, examples: readonly Tensor[]) {
  const graph: Node[] = [];
  const names = new WeakMap<object, string>();
  const add = (node: Omit<Node, 'name'>, name = `${node.op}_${graph.length}`) => {
    graph.push({ ...node, name });
    return name;
  };
  const nameOf = (tensor: TensorInfo) => {
    const name = names.get(tensor.dataId) ?? `${add({ op: 'Const', attr: constantOf(backend, tensor) })}:0`;
    names.set(tensor.dataId, name);
    return name;
  };
  examples.forEach((example, at) => {
    const attr = { dtype: { type: DTYPES[example.dtype] }, shape: { shape: shapeOf(example) } };
    names.set(example.dataId, `${add({ op: 'Placeholder', attr }, inputName(at))}:0`);
  });
  const note = (op: string, attributes: readonly Attribute[], inputs: readonly TensorInfo[], results: readonly TensorInfo[]) => {
    const attr = Object.fromEntries(attributes.map((attribute) => [attribute.name, valueOf(backend, attribute)]));
    const name = add({ op, input: inputs.map(nameOf), attr });
    results.forEach(({ dataId }, at) => names.set(dataId, `${name}:${at}`));
  };
  const execute = backend.executeSingleOutput.bind(backend);
  const executeMultiple = backend.executeMultipleOutputs.bind(backend);
  try {
    backend.executeSingleOutput = (op, attributes: Attribute[], inputs) => {
      const result = execute(op, attributes, inputs);
      note(op, attributes, inputs, [result]);
      return result;
    };
    backend.executeMultipleOutputs = (op, attributes: Attribute[], inputs, count) => {
      const results = executeMultiple(op, attributes, inputs, count);
      note(op, attributes, inputs, results);
      return results;
    };
    const result = compute(...examples);
    return { graph, output: nameOf(result) };
  } finally {
    // The methods themselves stand in its prototype.
    Reflect.deleteProperty(backend, 'executeSingleOutput');
    Reflect.deleteProperty(backend, 'executeMultipleOutputs');
  }
}

/** TensorFlow's numbers of its types: https://github.com/tensorflow/tensorflow/blob/v2.9.1/tensorflow/core/framework/types.proto */
const DTYPES: Readonly<Record<string, number>> = { float32: 1, int32: 3, bool: 10 };

const shapeOf = ({ shape }: TensorInfo) => ({ dim: shape.map((size) => ({ size })) });

function constantOf(backend: NodeJSKernelBackend, tensor: TensorInfo) {
  const dtype = DTYPES[tensor.dtype];
  if (dtype === undefined) throw new Error(`constants of ${tensor.dtype} are not compiled here`);
  const values = backend.readSync(tensor.dataId) as Float32Array;
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: shapeOf(tensor), tensorContent: content } } };
}

function valueOf({ binding }: NodeJSKernelBackend, { name, type, value }: Attribute): object {
  if (type === binding.TF_ATTR_TYPE) return { type: value };
  if (type === binding.TF_ATTR_BOOL) return { b: value };
  if (type === binding.TF_ATTR_FLOAT) return { f: value };
  if (type === binding.TF_ATTR_STRING) return { s: Buffer.from(value as string) };
  if (type === binding.TF_ATTR_INT && !Array.isArray(value)) return { i: value };
  throw new Error(`the attribute ${name} is of a type that is not compiled here`);
}

/** What is used of https://github.com/tensorflow/tensorflow/blob/v2.9.1/tensorflow/core/protobuf/saved_model.proto and what that imports. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
  message MetaGraphDef { MetaInfoDef meta_info_def = 1; GraphDef graph_def = 2; map<string, SignatureDef> signature_def = 5; }
  message MetaInfoDef { repeated string tags = 4; }
  message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
  message VersionDef { int32 producer = 1; }
  message NodeDef { string name = 1; string op = 2; repeated string input = 3; map<string, AttrValue> attr = 5; }
  message AttrValue { oneof value { bytes s = 2; int64 i = 3; float f = 4; bool b = 5; int32 type = 6; TensorShapeProto shape = 7; TensorProto tensor = 8; } }
  message TensorShapeProto { repeated Dim dim = 2; message Dim { int64 size = 1; } }
  message TensorProto { int32 dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; }
  message SignatureDef { map<string, TensorInfo> inputs = 1; map<string, TensorInfo> outputs = 2; string method_name = 3; }
  message TensorInfo { string name = 1; int32 dtype = 2; }
`);
const SAVED_MODEL = root.lookupType('SavedModel');
/** Of graphs that TensorFlow 2.9 writes. */
const GRAPH_VERSION = 1087;
const TAG = 'serve';

const inputsOf = (examples: readonly Tensor[]) =>
  Object.fromEntries(examples.map(({ dtype }, at) => [inputName(at), { name: `${inputName(at)}:0`, dtype: DTYPES[dtype] }]));

/** TensorFlow's C API, as the addon has it, loads a graph from a folder alone. */
function openSession(backend: NodeJSKernelBackend, node: readonly Node[], inputs: object, output: string): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'mlops-graph-'));
  try {
    const signature = {
      inputs,
      outputs: { output: { name: output, dtype: DTYPES['float32'] } },
      methodName: 'tensorflow/serving/predict',
    };
    const metaGraph = {
      metaInfoDef: { tags: [TAG] },
      graphDef: { node, versions: { producer: GRAPH_VERSION } },
      signatureDef: { serving_default: signature },
    };
    const model = SAVED_MODEL.create({ savedModelSchemaVersion: 1, metaGraphs: [metaGraph] });
    writeFileSync(path.join(folder, 'saved_model.pb'), SAVED_MODEL.encode(model).finish());
    return backend.loadSavedModelMetaGraph(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
