-- Which version of the package the library is of. It needs no data.
--   reply  the version, as in '1.2.3'
redis.register_function({ function_name = 'im_version', flags = { 'no-writes' }, callback = function() return VERSION end })
