import { Button } from '../../ui/button.tsx';
import type { Picture } from './conversation.ts';

/** Pictures that are shown to a model. @param remove absent: they have been shown */
export function Thumbnails({
  pictures,
  remove,
}: {
  pictures: readonly Picture[];
  remove?: (picture: Picture) => void;
}) {
  if (pictures.length === 0) return null;
  return (
    <ul class="pg-pictures" aria-label="Pictures">
      {pictures.map((picture) => (
        <li key={picture.url}>
          <img src={picture.url} alt={picture.name} title={picture.name} />
          {remove !== undefined && (
            <Button small icon="close" label={`Remove ${picture.name}`} onClick={() => remove(picture)} />
          )}
        </li>
      ))}
    </ul>
  );
}
