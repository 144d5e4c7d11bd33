<?php
// A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET.
declare(strict_types=1);

$accessKeyId = getenv('ACCESS_KEY_ID');
$method = getenv('METHOD') ?: 'POST';
$nonce = bin2hex(random_bytes(4));
$now = (string) time();

$text = "AccessKeyId=$accessKeyId&SignatureNonce=$nonce&Timestamp=$now";
$signature = base64_encode(hash_hmac('sha1', $text, getenv('SECRET')));

$url = getenv('BASE_URL') . '/orders?' . http_build_query([
    'AccessKeyId' => $accessKeyId,
    'SignatureNonce' => $nonce,
    'Timestamp' => $now,
    'Signature' => $signature,
]);
$options = [
    'method' => $method,
    'protocol_version' => '1.1',
    'header' => ['Connection: close'],
    'ignore_errors' => true,
    'timeout' => 20,
];
if ($method === 'POST') {
    $options['header'][] = 'Content-Type: application/json';
    $options['content'] = json_encode(['market' => 'BTC-USDT', 'side' => 'buy', 'amount' => '0.25']);
}

$stream = fopen($url, 'r', false, stream_context_create(['http' => $options]));
if ($stream === false) {
    exit(1);
}
// "HTTP/1.1 200 OK"
$status = explode(' ', stream_get_meta_data($stream)['wrapper_data'][0])[1];
echo $status, "\n", stream_get_contents($stream);
