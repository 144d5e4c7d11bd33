// A Stardust customer: POST a JSON body, signed with md5 over time, secret and AccessKey ID.
package main

import (
	"crypto/md5"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	accessKeyID := os.Getenv("ACCESS_KEY_ID")
	nowMs := strconv.FormatInt(time.Now().UnixMilli(), 10)
	text := strings.Join([]string{nowMs, os.Getenv("SECRET"), accessKeyID}, "&")
	signature := fmt.Sprintf("%x", md5.Sum([]byte(text)))

	body := strings.NewReader(`{"project": "street-scenes", "page": 1}`)
	request, err := http.NewRequest(http.MethodPost, os.Getenv("BASE_URL")+"/tasks", body)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-STARDUST-KEY", accessKeyID)
	request.Header.Set("X-TS", nowMs)
	request.Header.Set("X-SIGN", signature)

	client := http.Client{Timeout: 20 * time.Second}
	answer, err := client.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d\n%s", answer.StatusCode, content)
}
