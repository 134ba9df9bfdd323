import { buildProduct } from '../test/helpers/product.ts';
import { send } from './send.ts';

const product = await buildProduct();
const c = await send.run({ product, rounds: Number(process.env.ROUNDS ?? 3), seconds: 3 });
console.log(JSON.stringify({ product: c.product, baseline: c.baseline, ratio: c.ratio }, null, 1));
product.remove();
process.exit(0);
