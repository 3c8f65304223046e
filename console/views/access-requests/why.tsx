import { useState } from 'preact/hooks';
import { Button } from '../../ui/button.tsx';
import { Name } from '../../ui/text.tsx';

/** Characters of it that a list shows at once. */
const SHOWN = 160;

/** What somebody said, in their own words: the beginning of it, and the rest when it is asked for. */
export function Why({ children }: { children: string }) {
  const [whole, setWhole] = useState(false);
  const letters = [...children];
  if (letters.length <= SHOWN) return <Name wrap>{children}</Name>;
  return (
    <span>
      <Name wrap>{whole ? children : `${letters.slice(0, SHOWN).join('')}…`}</Name>{' '}
      <Button small kind="quiet" aria-expanded={whole} onClick={() => setWhole(!whole)}>
        {whole ? 'Less' : 'All of it'}
      </Button>
    </span>
  );
}
