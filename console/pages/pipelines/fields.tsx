import type { Field, Filled } from './forms.ts';
import { language } from '../../settings.ts';
import { koreanHints } from './words/fields.ts';
import { t } from './words/index.ts';

/** What a field means in the reader's language; in English where there are no words for it. */
const hintOf = (description: string) => (language.value === 'ko' ? (koreanHints[description] ?? description) : description);

interface Part<F extends Field> {
  readonly of: F;
  readonly id: string;
  readonly value: Filled[string];
  readonly onChange: (value: Filled[string]) => void;
}

/** Inputs of a form, one below the other. */
export function Fields({
  of,
  filled,
  onChange,
  prefix,
}: {
  of: readonly Field[];
  filled: Filled;
  onChange: (filled: Filled) => void;
  prefix: string;
}) {
  return (
    <div class="fields">
      {of.map((field) => (
        <OneField
          key={field.name}
          of={field}
          id={`${prefix}.${field.name}`}
          value={filled[field.name]}
          onChange={(value) => onChange({ ...filled, [field.name]: value })}
        />
      ))}
    </div>
  );
}

function OneField({ of: field, id, value, onChange }: Part<Field>) {
  if (field.kind === 'group')
    return (
      <details class="fold group">
        <summary>{field.name}</summary>
        {field.description && <p class="hint">{hintOf(field.description)}</p>}
        <Fields of={field.fields} filled={(value as Filled | undefined) ?? {}} onChange={onChange} prefix={id} />
      </details>
    );
  if (field.kind === 'kinds') return <Kinds of={field} id={id} value={value} onChange={onChange} />;
  return (
    <div class="field">
      <label for={id} class="field-name">
        {field.name}
        {field.isRequired && <span class="required"> {t('start.required')}</span>}
      </label>
      <Input of={field} id={id} value={value} onChange={onChange} />
      {field.description && (
        <p class="hint" id={`${id}.hint`}>
          {hintOf(field.description)}
        </p>
      )}
    </div>
  );
}

function Input({ of: field, id, value, onChange }: Part<Field>) {
  const text = (value as string | undefined) ?? '';
  const common = { id, value: text, required: field.isRequired, ...(field.description && { 'aria-describedby': `${id}.hint` }) };
  const preset = field.preset === undefined ? '' : typeof field.preset === 'string' ? field.preset : JSON.stringify(field.preset);
  if (field.kind === 'choice' || field.kind === 'boolean') {
    const options = field.kind === 'choice' ? field.options : ['true', 'false'];
    return (
      <select {...common} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{preset === '' ? t('start.left') : t('start.preset', { value: preset })}</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    );
  }
  const placeholder = preset === '' ? (field.kind === 'list' ? t('start.list') : '') : preset;
  if (field.kind === 'json')
    return (
      <textarea
        {...common}
        rows={3}
        placeholder={placeholder || '{ }'}
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (field.kind === 'number')
    return (
      <input
        {...common}
        type="number"
        step={field.isWhole ? 1 : 'any'}
        {...(field.min !== undefined && { min: field.min })}
        {...(field.max !== undefined && { max: field.max })}
        placeholder={placeholder}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
    );
  return <input {...common} placeholder={placeholder} onInput={(event) => onChange(event.currentTarget.value)} />;
}

/** Kinds of models to choose from, each with its hyper-parameters; none chosen leaves the choice to the API. */
function Kinds({ of: field, id, value, onChange }: Part<Extract<Field, { kind: 'choice' | 'kinds' }>>) {
  const filled = (value as Filled | undefined) ?? {};
  const chosen = Object.keys(filled).filter((kind) => filled[kind] !== undefined);
  const preset = Array.isArray(field.preset) ? (field.preset as readonly { kind: string }[]).map(({ kind }) => kind).join(', ') : '';
  return (
    <fieldset class="field">
      <legend class="field-name">{field.name}</legend>
      <div class="chips">
        {field.options.map((kind) => (
          <label key={kind} class="chip">
            <input
              type="checkbox"
              name={id}
              checked={chosen.includes(kind)}
              onChange={(event) => onChange({ ...filled, [kind]: event.currentTarget.checked ? '' : undefined })}
            />
            {kind}
          </label>
        ))}
      </div>
      {chosen.map((kind) => (
        <label key={kind} class="field">
          {t('start.hyperparameters', { kind })}
          <input
            value={filled[kind] as string}
            placeholder="{ }"
            spellcheck={false}
            onInput={(event) => onChange({ ...filled, [kind]: event.currentTarget.value })}
          />
        </label>
      ))}
      {chosen.length === 0 && preset && <p class="hint">{t('start.preset', { value: preset })}</p>}
    </fieldset>
  );
}
