<?php
// A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256.
declare(strict_types=1);

$now = (string) time();
$signature = hash_hmac('sha256', $now, getenv('SECRET'));

$url = getenv('BASE_URL') . '/api';
$options = [
    'protocol_version' => '1.1',
    'header' => ["X-Date: $now", "X_Sam_Auth: $signature", 'Connection: close'],
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
