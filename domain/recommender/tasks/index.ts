import { describeTensorflow } from './describeTensorflow.ts';
import { evaluateTrainedModel } from './evaluateTrainedModel.ts';
import { prepareTrainingData } from './prepareTrainingData.ts';
import { recommendShard } from './recommendShard.ts';
import { trainModel } from './trainModel.ts';
import { trainTrial } from './trainTrial.ts';

/** What runs in a process of its own: heavy in time, memory or native code. Input and result cross the process, so they are plain values. */
export const TASKS = { describeTensorflow, prepareTrainingData, trainModel, trainTrial, evaluateTrainedModel, recommendShard };

type Tasks = typeof TASKS;
export type TaskName = keyof Tasks;
export type TaskInput<Name extends TaskName> = Parameters<Tasks[Name]>[1];
export type TaskResult<Name extends TaskName> = Awaited<ReturnType<Tasks[Name]>>;

/** Runs a task where its worker runs tasks. */
export type RunTask = <Name extends TaskName>(name: Name, input: TaskInput<Name>) => Promise<TaskResult<Name>>;
