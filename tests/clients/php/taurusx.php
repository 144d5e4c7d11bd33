<?php
// A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time.
declare(strict_types=1);

$accessKeyId = getenv('ACCESS_KEY_ID');
$now = (string) time();
$token = md5(getenv('SECRET') . md5($now));

$url = getenv('BASE_URL') . '/openapi/performance_data';
$options = [
    'protocol_version' => '1.1',
    'header' => ["access-key: $accessKeyId", "timestamp: $now", "token: $token", 'Connection: close'],
    'ignore_errors' => true,
    'timeout' => 20,
];

$stream = fopen($url, 'r', false, stream_context_create(['http' => $options]));
if ($stream === false) {
    exit(1);
}
// "HTTP/1.1 200 OK"
$status = explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
echo $status, "\n", stream_get_contents($stream);
