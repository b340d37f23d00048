import type { Registry } from 'prom-client';
import { TRAINING } from '../../contracts/metrics/training.ts';
import { trainingProgressSchema } from '../../contracts/training.ts';
import type { Admission } from '../../domain/recommender/memory/admission.ts';
import { addMetrics, atScrape } from '../../platform/metrics.ts';

export type TaskMetrics = ReturnType<typeof createTaskMetrics>;

/** How each task stands; what has ended is counted and no longer shown. */
export function createTaskMetrics(registry: Registry, admission: Pick<Admission, 'reservedMb' | 'budgetMb'>) {
  const metrics = addMetrics(registry, TRAINING.tasks);
  const gauges = {
    epoch: metrics.training_epoch,
    loss: metrics.training_loss,
    samples_per_s: metrics.training_samples_per_second,
    eta_s: metrics.training_eta_seconds,
  };
  const slots = createSlots();
  atScrape(metrics.training_memory_reserved_bytes, (gauge) => gauge.set(admission.reservedMb() * 2 ** 20));
  metrics.training_memory_budget_bytes.set(admission.budgetMb * 2 ** 20);

  return {
    start(task: string) {
      const taken = slots.take();
      metrics.training_tasks_running.inc({ task });
      return {
        progress(given: unknown) {
          const progress = trainingProgressSchema.safeParse(given);
          if (!progress.success) return;
          for (const [name, gauge] of Object.entries(gauges)) {
            const value = progress.data[name as keyof typeof gauges];
            if (value !== null) gauge.set({ slot: taken }, value);
          }
        },
        peak: (peakMb: number) => metrics.training_task_peak_bytes.set({ task }, peakMb * 2 ** 20),
        end(state: 'success' | 'failed' | 'cancelled') {
          metrics.training_tasks_running.dec({ task });
          metrics.training_tasks_total.inc({ task, state });
          for (const gauge of Object.values(gauges)) gauge.remove({ slot: taken });
          slots.leave(taken);
        },
      };
    },
  };
}

/** A run's id would be a series for ever; a place among those that work at once is one of a few. */
function createSlots() {
  const taken = new Set<string>();
  return {
    take(): string {
      let slot = 0;
      while (taken.has(String(slot))) slot += 1;
      taken.add(String(slot));
      return String(slot);
    },
    leave: (slot: string) => void taken.delete(slot),
  };
}
