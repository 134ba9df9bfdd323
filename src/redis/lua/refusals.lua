-- A refusal is an error reply: a code of src/domain/errors.ts in capitals, then what it is about. Nothing is written
-- before the last refusal.
local function refuse(code, subject) return { err = code .. ' ' .. subject } end

-- What pcall caught, as text.
local function text_of(problem) return type(problem) == 'table' and problem.err or tostring(problem) end
