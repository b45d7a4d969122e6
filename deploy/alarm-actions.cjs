/** What alarms do: tell the topic that the parameter alarmTopicArn names, or nothing where it is empty. */
module.exports = async ({ resolveVariable }) => {
  const topic = await resolveVariable('param:alarmTopicArn');
  return topic ? [topic] : [];
};
