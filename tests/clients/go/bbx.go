// A BBX customer: four query parameters, HMAC-SHA1 as hex text in base64; METHOD is POST (default) or GET.
package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	accessKeyID := os.Getenv("ACCESS_KEY_ID")
	random := make([]byte, 4)
	if _, err := rand.Read(random); err != nil {
		log.Fatal(err)
	}
	nonce := hex.EncodeToString(random)
	now := strconv.FormatInt(time.Now().Unix(), 10)

	mac := hmac.New(sha1.New, []byte(os.Getenv("SECRET")))
	fmt.Fprintf(mac, "AccessKeyId=%s&SignatureNonce=%s&Timestamp=%s", accessKeyID, nonce, now)
	hexText := hex.EncodeToString(mac.Sum(nil))

	query := url.Values{
		"AccessKeyId":    {accessKeyID},
		"SignatureNonce": {nonce},
		"Timestamp":      {now},
		"Signature":      {base64.StdEncoding.EncodeToString([]byte(hexText))},
	}
	target := os.Getenv("BASE_URL") + "/orders?" + query.Encode()

	client := http.Client{Timeout: 20 * time.Second}
	var answer *http.Response
	var err error
	if os.Getenv("METHOD") == http.MethodGet {
		answer, err = client.Get(target)
	} else {
		order := strings.NewReader(`{"market": "BTC-USDT", "side": "buy", "amount": "0.25"}`)
		answer, err = client.Post(target, "application/json", order)
	}
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d\n%s", answer.StatusCode, body)
}
