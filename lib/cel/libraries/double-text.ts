/** The absolute value of a double × 10^`power`, exactly, rounded half to even. */
export function scaledInteger(double: number, power: number): bigint {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(double));
  const word = bits.getBigUint64(0);
  const biased = Number(word >> 52n);
  const mantissa = (word & 0xfffffffffffffn) | (biased ? 1n << 52n : 0n);
  const exponent = BigInt(Math.max(biased, 1) - 1075);
  const top = (exponent > 0n ? mantissa << exponent : mantissa) * 10n ** BigInt(Math.max(power, 0));
  const bottom = (exponent < 0n ? 1n << -exponent : 1n) * 10n ** BigInt(Math.max(-power, 0));
  const [quotient, twice] = [top / bottom, (top % bottom) * 2n];
  return twice > bottom || (twice === bottom && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** The absolute value with exactly `digits` fraction digits. */
export function fixedText(double: number, digits: number): string {
  const text = String(scaledInteger(double, digits)).padStart(digits + 1, '0');
  return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}
