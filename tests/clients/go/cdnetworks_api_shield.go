// A caller of an API behind CDNetworks API Shield: the current second, and its HMAC-SHA256.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

func main() {
	now := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(os.Getenv("SECRET")))
	mac.Write([]byte(now))

	request, err := http.NewRequest(http.MethodGet, os.Getenv("BASE_URL")+"/api", nil)
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("X-Date", now)
	// Header.Set would send X_sam_auth, which is the same name to HTTP; the map keeps the spelling as given.
	request.Header["X_Sam_Auth"] = []string{hex.EncodeToString(mac.Sum(nil))}

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
