/** What fields of a workflow's input mean, in Korean, by what the API says of them in English. */
export const koreanHints: Readonly<Record<string, string>> = {
  'Folder of a MovieLens set; the committed sample where it is not given': 'MovieLens 세트의 폴더. 비우면 저장소에 든 표본',
  'Feature views; all that can be computed when missing': '피처 뷰. 비우면 계산할 수 있는 모든 뷰',
  'Rows later than this; from where each view was brought online to when missing': '이 시각 뒤의 행. 비우면 뷰마다 지난번에 올린 곳부터',
  'Rows up to this; the time of the start of the run when missing or still to come':
    '이 시각까지의 행. 비우거나 미래면 실행이 시작된 시각까지',
  'From the beginning, whatever was brought online before': '전에 올린 것과 상관없이 처음부터',
  'Seed of the split and of the sampled negatives': '데이터 분할과 음성 표본의 난수 시드',
  'Data sets whose ratings are learnt from, beside what events told; all of them where this is left out':
    '이벤트와 함께 학습할 평점의 데이터 세트. 비우면 전부',
  'Of every interval': '모든 구간의 신뢰 수준',
  'Of the bootstrap over users': '사용자 부트스트랩의 반복 횟수',
  "Share of popularity's figure that the gain must exceed beyond chance; 0: any gain":
    '인기순보다 우연을 넘어 나아야 하는 폭 (인기순 수치에 대한 비율). 0이면 조금이라도 나으면 됨',
  "Share of the champion's figure; a greater loss must be ruled out by the interval":
    '챔피언 수치에 대한 비율. 이보다 큰 손실이 아님을 구간이 보여야 함',
  "Share of the champion's figure in a slice; a slice that lost more than this beyond chance has collapsed":
    '슬라이스에서 챔피언 수치에 대한 비율. 우연을 넘어 이보다 더 잃은 슬라이스는 무너진 것으로 봄',
  'A slice of fewer users is not judged': '사용자가 이보다 적은 슬라이스는 판정하지 않음',
  '95th percentile of ranking every movie for one user': '한 사용자에게 모든 영화의 순위를 매기는 시간의 95번째 백분위수',
  '`champion` moves to a version that passes; false: beside a champion it stays `challenger`, for a rollout to promote':
    '통과한 버전이 champion이 됨. false면 챔피언이 있을 때 challenger로 남아 롤아웃이 승격',
  'Models that are made side by side': '동시에 만드는 모델 수',
  'How soon a GPU worker must take it where one is preferred': 'GPU를 선호할 때 GPU 워커를 기다리는 시간 (초)',
  'Hyper-parameters to look for, such as {"learning_rate": {"min": 0.0005, "max": 0.01, "scale": "log"}, "embedding_dim": [16, 32]}':
    '찾을 하이퍼파라미터. 예: {"learning_rate": {"min": 0.0005, "max": 0.01, "scale": "log"}, "embedding_dim": [16, 32]}',
  'Hyper-parameters that stay as they are; the others have their defaults': '고정할 하이퍼파라미터. 나머지는 기본값',
  'random: each trial by itself; halving: all begin, and round by round the best go on with more epochs':
    'random: 시도마다 따로. halving: 모두 시작해 라운드마다 나은 것만 에폭을 늘려 계속',
  'The budget: how many points of the space are tried': '예산: 시도할 조합의 수',
  'random: a trial ends after so many epochs without a better validation figure':
    'random: 검증 수치가 이만큼의 에폭 동안 나아지지 않으면 시도를 끝냄',
  'halving: epochs of the first round': 'halving: 첫 라운드의 에폭 수',
  'halving: of so many one goes on, with so many times the epochs': 'halving: 이 수마다 하나가 남아 이 배수의 에폭으로 계속',
  'Of the split, the negatives and the points that are tried': '데이터 분할, 음성 표본, 시도할 조합의 난수 시드',
  'The champion when missing': '비우면 챔피언',
  'A shard is one step: what is in memory at once, and what a retry does again':
    '샤드 하나가 한 단계입니다. 한 번에 메모리에 두는 양이자 재시도가 다시 하는 양',
  'Shards side by side': '동시에 처리하는 샤드 수',
  'Send one event a user to movie-recommendations': '사용자마다 이벤트 하나를 movie-recommendations로 보냄',
  '`discover` is every movie, the most voted first': '`discover`는 모든 영화를 투표가 많은 순서로',
  'Pages of each list, 20 movies a page; TMDB gives 500, so more is taken as that many':
    '목록마다 가져올 쪽수 (쪽마다 영화 20편). TMDB가 500쪽까지 주므로 더 크면 500',
  'Movies at most whose details are asked for': '상세 정보를 물을 영화 수의 상한',
  'Details older than this are asked for again': '이보다 오래된 상세 정보를 다시 물음',
  'Tell what would go, and remove nothing': '지울 것을 알려만 주고 지우지 않음',
  'Folder or zip of a MovieLens set, or file of an own log of choices, as the control worker sees it, or an http(s) address of a zip':
    '컨트롤 워커에서 본 MovieLens 세트의 폴더나 zip, 또는 선택 기록 파일, 또는 zip의 http(s) 주소',
  'Encoding of the titles of a MovieLens set, or of all files of an own log but Parquet; UTF-8, or Windows-1252 where a line is no UTF-8, when missing':
    'MovieLens 세트의 제목, 또는 선택 기록 파일(Parquet 제외)의 인코딩. 비우면 UTF-8, UTF-8이 아닌 줄은 Windows-1252',
  "Name of the set, which its users' ids carry; made from the path when missing": '세트 이름. 사용자 id에 붙습니다. 비우면 경로로 만듦',
  'Columns of an own log of choices (CSV, TSV, JSON Lines, Parquet), by what they say; guessed by their names where missing':
    '선택 기록(CSV, TSV, JSON Lines, Parquet)의 열이 각각 뜻하는 것. 비우면 이름으로 짐작',
  'What the values of an own log are; guessed when missing': '선택 기록의 값이 뜻하는 것. 비우면 짐작',
  'File of the titles of an own log, in any of its formats': '선택 기록의 제목 파일. 같은 형식 가운데 하나',
  'Its columns; all others are kept as attributes': '제목 파일의 열. 나머지 열은 속성으로 보관',
  'Whole days in UTC; seven or a multiple, so that each has the same weekdays':
    'UTC 기준의 온전한 날 수. 구간마다 같은 요일이 들도록 7의 배수',
  'A column of fewer events is not judged': '이벤트가 이보다 적은 열은 판정하지 않음',
  'A column of fewer users is not judged': '사용자가 이보다 적은 열은 판정하지 않음',
  'Of any drift in a window of stable data, over all of its columns; it takes two windows to alarm':
    '안정된 데이터의 한 구간에서 어느 열이든 드리프트로 보일 확률. 알림에는 두 구간이 필요',
  'By model and column: how large a difference must be to count': '모델과 열마다, 차이로 볼 최소 크기',
  'Whose champions are looked at; all that have one where this is left out': '챔피언을 살펴볼 모델. 비우면 챔피언이 있는 모두',
  'The window ends with the day before; the start of the run where this is left out': '구간은 이 전날에 끝남. 비우면 실행이 시작된 날',
};
