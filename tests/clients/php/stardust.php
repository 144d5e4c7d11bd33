<?php
// A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID.
declare(strict_types=1);

$accessKeyId = getenv('ACCESS_KEY_ID');
$nowMs = (int) (microtime(true) * 1000);
$signature = md5($nowMs . '&' . getenv('SECRET') . '&' . $accessKeyId);

$url = getenv('BASE_URL') . '/tasks';
$options = [
    'method' => 'POST',
    'protocol_version' => '1.1',
    'header' => [
        'Content-Type: application/json',
        "X-STARDUST-KEY: $accessKeyId",
        "X-TS: $nowMs",
        "X-SIGN: $signature",
        'Connection: close',
    ],
    'content' => json_encode(['project' => 'street-scenes', 'page' => 1]),
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
