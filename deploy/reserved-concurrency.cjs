/** How many of each function that calls CCI run at a time at most: the parameter reservedConcurrency, or no limit where it is `none`. */
module.exports = async ({ resolveVariable }) => {
  const reserved = await resolveVariable('param:reservedConcurrency');
  return reserved === 'none' ? null : Number(reserved);
};
