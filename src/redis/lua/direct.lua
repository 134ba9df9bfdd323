-- Direct chats: two people, one log, whoever begins.

local function direct_recipients(from, peer)
  if from == peer then return { from } end
  return { from, peer }
end
