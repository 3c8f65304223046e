import { gateway } from '../../place.ts';
import { Note } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Code, Name, Time } from '../../ui/text.tsx';
import type { MadeKey } from './key.ts';

/** The text of a key, this once. It is in the dialog’s memory alone, and gone with it. */
export function ShownOnce({ made, onClose }: { made: MadeKey; onClose(): void }) {
  return (
    <Dialog
      title="Your key, this once"
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={onClose}>
          I have it
        </Button>
      }
    >
      <Note tone="warn">Nobody can show it again. If it is lost, rotate it.</Note>
      <Code label="The key">{made.key}</Code>
      <p>
        <Name>{made.name}</Name> is good until <Time at={made.expiresAt} />. It goes where a token goes:
      </p>
      <Code label="How it is used">{`export OPENAI_BASE_URL=${gateway}/v1\nexport OPENAI_API_KEY=${made.key}`}</Code>
    </Dialog>
  );
}
