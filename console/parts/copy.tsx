import { useState } from 'preact/hooks';
import { t } from '../words/index.ts';
import { say } from './action.tsx';

const SHOWN_MS = 1_500;

/** Puts a text where the reader pastes from, and says whether it is there. */
export function Copy({ text, label, says = t('command.copyShort') }: { text: () => string; label?: string; says?: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async (button: HTMLElement) => {
    if (!(await toClipboard(text(), button))) return say(t('command.copyNot'));
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <button
      type="button"
      class="quiet small"
      onClick={(event) => void copy(event.currentTarget)}
      {...(label !== undefined && { 'aria-label': label })}
    >
      {isCopied ? t('command.copied') : says}
    </button>
  );
}

/** A browser gives its clipboard to pages of `https` and of this machine alone; to others it lets what is selected be copied. */
async function toClipboard(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, beside);
  }
}

function copySelected(text: string, beside: HTMLElement): boolean {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  beside.after(field); // outside an open dialog nothing can be selected
  field.select();
  const isCopied = document.execCommand('copy');
  field.remove();
  beside.focus();
  return isCopied;
}
