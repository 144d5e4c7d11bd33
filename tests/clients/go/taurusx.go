// A TaurusX customer asking for performance data: md5 over the secret and the md5 of the time.
package main

import (
	"crypto/md5"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

func md5Hex(text string) string {
	return fmt.Sprintf("%x", md5.Sum([]byte(text)))
}

func main() {
	now := strconv.FormatInt(time.Now().Unix(), 10)

	request, err := http.NewRequest(http.MethodGet, os.Getenv("BASE_URL")+"/openapi/performance_data", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("access-key", os.Getenv("ACCESS_KEY_ID"))
	request.Header.Set("timestamp", now)
	request.Header.Set("token", md5Hex(os.Getenv("SECRET")+md5Hex(now)))

	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Do(request)
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
