import { modelSpecSchema } from '../contracts/models.ts';

/** The settings that this kind of model has; all of them where the kind is unknown, for whoever refuses it. */
export function settingsOf(kind: string, settings: Record<string, unknown>): Record<string, unknown> {
  const spec = modelSpecSchema.options.find(({ shape }) => shape.kind.value === kind);
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !spec || name in spec.shape));
}

export const given = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** What is no number goes on as it is: the message of whoever refuses it names the field. */
export const numberIfOne = (text: string): number | string => (text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text);
