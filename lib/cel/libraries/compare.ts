export { compare, compareText, isEqual } from '../equality.ts';
