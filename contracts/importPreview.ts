import { z } from 'zod';
import { dataImportInputSchema, LOG_FIELDS, TITLE_FIELDS, VALUE_SCALES } from './dataImport.ts';

export const previewInputSchema = dataImportInputSchema.omit({ format: true });
export type PreviewInput = z.output<typeof previewInputSchema>;

/** How an own log of choices would be read. */
export const importPreviewSchema = z.object({
  name: z.string().describe('Of the set; it stands before the ids of its users and items'),
  log: z.string(),
  columns: z.array(z.string()),
  nested_columns: z.array(z.string()).describe('Columns of lists and objects, which are passed over'),
  map: z.partialRecord(z.enum(LOG_FIELDS), z.string()).describe('Which column says what, as given or guessed'),
  titles_map: z.partialRecord(z.enum(TITLE_FIELDS), z.string()).nullable(),
  scale: z.enum([...VALUE_SCALES, 'choices']).describe('What values are taken for; `choices` where there are none'),
  rows_read: z.number().int(),
  is_whole: z.boolean().describe('Whether that is all; a long log is read in part'),
  rows: z
    .array(
      z.object({
        user_id: z.string(),
        item: z.string(),
        value: z.number().describe('As the log has it; of counts their sum, and without values how often the item was chosen'),
        rating: z.number().describe('What models learn from'),
        time: z.string(),
      }),
    )
    .describe('The first that would be kept, one a user and item'),
  set_aside_count: z.number().int().describe('Of the rows read, since they cannot be read or break a quality rule'),
  problem: z.string().nullable().describe('Why an import of what was read would be refused: the quality rules that it breaks'),
  set_aside: z.array(z.object({ line: z.number().int(), reason: z.string() })).describe('The first few'),
});
export type ImportPreview = z.infer<typeof importPreviewSchema>;
