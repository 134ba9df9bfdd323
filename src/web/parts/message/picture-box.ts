import { type Attachment, isPicture } from '../../store/attachments.ts';

/** How large a picture is shown at most, and how small at least, px. */
const LARGEST = { width: 320, height: 360 };
const SMALLEST = 56;
/** How wide what stands below pictures is at least, px. */
const NARROWEST = 200;
const FILE_WIDTH = 280;

/** The room of a picture that stands alone, px, which is known before it is loaded. */
export function boxOf({ width = 1, height = 1 }: Attachment): { width: number; height: number } {
  const scale = Math.min(1, LARGEST.width / width, LARGEST.height / height);
  return { width: Math.max(SMALLEST, width * scale), height: Math.max(SMALLEST, height * scale) };
}

/** How wide a message with pictures is, px: a long text goes on below them. Undefined where there are none. */
export function widthOf(attachments: readonly Attachment[] = []): number | undefined {
  const pictures = attachments.filter(isPicture);
  if (pictures.length === 0) return undefined;
  const width = pictures.length === 1 ? boxOf(pictures[0]!).width : LARGEST.width;
  return Math.max(NARROWEST, width, pictures.length < attachments.length ? FILE_WIDTH : 0);
}
