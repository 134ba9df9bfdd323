import { createECDH } from 'node:crypto';

/** Whether a text is a private key of P-256, in base64url, as all but very few texts of 32 bytes are. */
export function isPrivateKey(text: string): boolean {
  try {
    createECDH('prime256v1').setPrivateKey(Buffer.from(text, 'base64url'));
    return true;
  } catch {
    return false;
  }
}
